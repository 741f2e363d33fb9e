"""What goes over MQTT: typed values in, bytes and topics out; strict, so that nothing else can leave.

Public parts: the messages (`schemas`), their topics (`topics`), one row a channel (`channels`), what to send next
(`sending`), and the contract as JSON Schemas and an AsyncAPI document (`contract`).
"""
