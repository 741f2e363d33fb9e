"""What IT runs on a server of its own: devices' enrolment today; an extra, never installed on a device.

What comes in: certificate requests and operators' commands. What goes out: certificates, and the broker's rules.
"""
