"""Compact schemas of CRDs by release, and the script that makes them."""
