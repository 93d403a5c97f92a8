// Package websocket reads the frames of WebSocket (RFC 6455 section 5) behind the upgrade
// of an HTTP connection. Each frame is a transaction; the last frame of a message that
// came in several has the whole message, decompressed when it was compressed (RFC 7692).
//
// What is kept of a message is bounded by [maxPayload]; the rest of a longer frame is
// passed over and told as an event. The engine makes readers.
//
// Pure: no goroutine, clock or I/O.
package websocket
