"""Every error that a user can meet.

CounterpointError
├── SettingsError (ValueError)             what is wrong in the TOML, with the line and the remedy
├── UsageError (ValueError)                a command was called in a way that can't work
├── MicrophoneError (OSError)
│   ├── MicrophoneMissing                  no device of that name; the message lists those there are
│   ├── MicrophoneLost                     it was there and went away
│   └── ChannelsMismatch (ValueError)      the device or file has not the channels that the array needs
├── CalibrationRefused (ValueError)        the two sides can't be measured, or not be told apart
├── ArrayUnknown (ValueError)              no such array, or a geometry file that can't be used
├── RecordingError (ValueError)            not audio, truncated, or empty
├── ModelError (RuntimeError)
│   ├── ModelMissing (FileNotFoundError)   no such model; the message says how to get it
│   └── ModelCorrupt (ValueError)          wrong hash, truncated, or of another version
├── BrokerError (ConnectionError)
│   ├── BrokerUnreachable
│   ├── BrokerRefused (PermissionError)    certificate, name or topic refused
│   └── ProxyRefused (PermissionError)     the proxy between is not there, wants a password, or forbids the host
├── EnrolmentError (ConnectionError)
│   ├── EnrolmentUnreachable               the service does not answer, or can't answer yet: ask again
│   └── EnrolmentRefused (PermissionError) token, key, certificate or trust refused: a person must mend it
├── BootFileError (ValueError)             the file on the boot partition can't be used; nothing of it is taken
├── AuthorityError (ValueError)            the site's certificate authority, or a file of it, can't be used
├── AccountRefused (ValueError)            a name, password, link or right of an account that can't be taken
├── StorageError (OSError)                 the disk is full or can't be written
├── MessageError (ValueError)              a message or a spool file that can't be used
├── ReleaseRefused (ValueError)            a release is not the one that was signed for
├── RoleError (ValueError)                 a role-play of practice that can't be used
├── ClockNotSet (RuntimeError)             no window can be closed before the clock is set
└── PartMissing (RuntimeError)             a program or library that this command needs is not installed

One rule: each is ours and a builtin's, and its message says what happened and what to do. The command line prints
it as one line and exits with code 2.
"""

from __future__ import annotations


class CounterpointError(Exception):
    """Base of every error that is the user's to mend; the message says how."""


class SettingsError(CounterpointError, ValueError):
    """A setting is wrong; the message names the file, the line, the problem and the remedy."""


class UsageError(CounterpointError, ValueError):
    """A command was called in a way that can't work."""


class MicrophoneError(CounterpointError, OSError):
    """Base of everything that is wrong with the microphone."""


class MicrophoneMissing(MicrophoneError):
    """No input device matches the name; the message lists those there are."""


class MicrophoneLost(MicrophoneError):
    """The device was there and went away."""


class ChannelsMismatch(MicrophoneError, ValueError):
    """The device or file has not the channels that the array needs."""


class CalibrationRefused(CounterpointError, ValueError):
    """The two sides can't be measured, or can't be told apart; nothing was changed."""


class ArrayUnknown(CounterpointError, ValueError):
    """No such array, or a geometry file that can't be used."""


class RecordingError(CounterpointError, ValueError):
    """A file that is not audio, is truncated, or is empty."""


class ModelError(CounterpointError, RuntimeError):
    """Base of everything that is wrong with a model."""


class ModelMissing(ModelError, FileNotFoundError):
    """There is no such model; the message says how to get it."""


class ModelCorrupt(ModelError, ValueError):
    """The model has the wrong hash, is truncated, or is of another version."""


class BrokerError(CounterpointError, ConnectionError):
    """Base of everything that is wrong between the publisher and the broker."""


class BrokerUnreachable(BrokerError):
    """Nothing answers at the broker's address."""


class BrokerRefused(BrokerError, PermissionError):
    """The broker refuses the certificate, the name or the topic."""


class ProxyRefused(BrokerError, PermissionError):
    """The HTTP proxy between does not let us through."""


class EnrolmentError(CounterpointError, ConnectionError):
    """Base of everything that is wrong between the device and the service that signs its certificate."""


class EnrolmentUnreachable(EnrolmentError):
    """The service does not answer, or can't answer yet; asking again may help."""


class EnrolmentRefused(EnrolmentError, PermissionError):
    """The token, the key, the certificate or the trust is refused; asking again does not help."""


class BootFileError(CounterpointError, ValueError):
    """The file on the boot partition can't be used; nothing of it is taken."""


class AuthorityError(CounterpointError, ValueError):
    """The site's certificate authority, or a file of it, can't be used."""


class AccountRefused(CounterpointError, ValueError):
    """A name, a password, a link or a right of an account that can't be taken; `reason` names the rule it breaks."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StorageError(CounterpointError, OSError):
    """The disk is full or the folder can't be written."""


class MessageError(CounterpointError, ValueError):
    """A message or a spool file that can't be used."""


class ReleaseRefused(CounterpointError, ValueError):
    """A release is not the file that was signed for, or not what it says it is."""


class RoleError(CounterpointError, ValueError):
    """A role-play for practice that can't be used; the message names the file, the problem and the remedy."""


class ClockNotSet(CounterpointError, RuntimeError):
    """The wall clock is not known to be right yet."""


class PartMissing(CounterpointError, RuntimeError):
    """A program or library that this command needs is not installed."""
