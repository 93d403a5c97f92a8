// Package evelog composes the EVE records that tell of packets and flows, as the field's
// sensors word them: the members that every record has, alerts, flows, drops, anomalies
// and statistics. What a protocol says of itself comes from its reader.
//
// It is pure: no clock, no file. A [View] says what the record is about; [Facts] gathers
// over the life of a flow what its last record tells; [Counts] counts, and may be read
// while its one writer goes on.
//
// Callers: engine. The configuration is read by gateway into [Config].
package evelog
