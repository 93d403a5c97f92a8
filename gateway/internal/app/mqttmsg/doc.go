// Package mqttmsg reads MQTT 3.1, 3.1.1 and 5.0 over TCP.
//
// A transaction is a packet with those that answer it: CONNECT with CONNACK, SUBSCRIBE
// with SUBACK, PUBLISH with what its quality of service asks for. All values stand on the
// side that began it, because rules judge question and answer together; they are judged
// when it is complete. Packets longer than [Config.MaxMessage] are passed over. Memory is
// bounded by it and the Max constants. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package mqttmsg
