// Package ops tells those who run the centre how it is: whether it is well, its figures in the text
// form of Prometheus (exposition format 0.0.4), and profiles of the running program. Nothing of a
// customer's stands there, and nobody logs in: the listener is for this machine or a network of the provider's.
package ops
