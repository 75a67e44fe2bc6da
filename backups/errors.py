"""What can go wrong, with messages for people."""


class BackupError(Exception):
    """A backup, its verification or its restore did not happen. The message is French and says what to do."""


class Busy(BackupError):
    """Another worker holds this client: nothing was done, and nothing needs to be."""


class Damaged(BackupError):
    """What is stored is not what was written, or does not restore to what was read. `blob`: the key of a file of it."""

    def __init__(self, message: str, *, blob: str = "") -> None:
        super().__init__(message)
        self.blob = blob
