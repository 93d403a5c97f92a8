// Package eve holds the records that the engine writes: EVE JSON as the field's
// tools read it (Suricata's eve.json: timestamp, flow_id, event_type, five-tuple and
// one object for the type). What the field has no name for stands in the object
// "otasuke": the event's id, the box's kind, the inside device.
//
// [ToWire] turns such a line into the message that goes to the centre, and
// [FromSensor] one of another program's eve.json. Callers: engine (writes), gateway
// (reads), the inspect command.
package eve
