"""Devices' enrolment: certificate requests and operators' commands in; certificates, the broker's rules and alarms out.

`desk.Desk` answers devices, `office.Office` serves operators, both over `store.Store` and `authority.Authority`;
`judgement` decides and touches nothing, `service.serve` is the HTTPS door, `broker_files` what Mosquitto reads.
"""
