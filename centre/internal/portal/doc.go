// Package portal is the customer's pages: what is going on, what to do, what we
// told them, their devices, and who looked at their data.
//
// Each page has its Go code, markup, style and test side by side under one name.
// What belongs to another company does not exist here: it is answered with 404.
// Buttons of mails lead to a page that asks; opening it changes nothing, because
// mail scanners open every link. Everything works without script; only passkeys have
// one.
//
// [New] makes the http.Handler; the façade mounts it.
package portal
