// Package lab is a small company and a hostile internet on one machine: network
// namespaces joined by virtual cables, with real servers and real clients.
//
//	pc1 pc2 pc3 web ── office (switch) ── box (bridge) ── internet (router, servers)
//
// The namespaces have no names and belong to the process: when it ends, however it
// ends, the kernel takes them away with everything in them. Wants root.
//
// Callers: e2e/demo, e2e/bench and tests. Nothing of the product depends on it.
package lab
