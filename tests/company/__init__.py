"""A company's OpenID provider, written by others (django-oauth-toolkit), as a process of its own on a port.

It asks for PKCE, shows its own login form, and ends its session when somebody signs out at us.
"""
