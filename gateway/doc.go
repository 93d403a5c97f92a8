// Package gateway is the box: the wing that stands in the customer's office.
//
// [Run] is the supervisor: it sets the bridge up, keeps an engine process running,
// writes what the engine reports into the journal, and tells the centre. The engine
// is a process of its own ([RunEngine]) so that nothing it does can take the box
// down: when it dies the kernel forwards without it, and the supervisor starts it
// again and says so. With eve_input there is no engine: the alerts of a Suricata that
// already watches the office are carried to the centre. [Inspect] judges capture files with the same engine.
package gateway
