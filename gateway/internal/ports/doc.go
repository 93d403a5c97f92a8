// Package ports finds the two network interfaces of a box by themselves, from what the
// kernel shows below /sys/class/net. It changes nothing. Callers: settings.
package ports
