// Package hold keeps which devices may not speak because their owner says so, over restarts
// and while the centre is away, and lets the kernel see to it.
//
// Caller: gateway.
package hold
