"""What a signer says when there is nothing to sign with."""


class CredentialsRefused(Exception):
    """One line: which credentials, and what to do. Names no secret."""
