// Package appeal lets somebody behind the box say from a block page that it is wrong.
//
// The page has buttons that post to a path of the blocked site that no site has. The box
// sees the request like any other, takes it, and the server gets nothing. The path has a
// ticket: what was blocked, and when, signed for the device that was shown the page, so
// that pages of others cannot make a browser ask in its owner's name without having seen
// a block page on that device. Nothing typed is taken: no names, no markup.
//
// A [Desk] is shared by the engine's workers. It opens nothing by itself; what it takes
// is told to the centre, where people decide. Callers: engine, gateway.
package appeal
