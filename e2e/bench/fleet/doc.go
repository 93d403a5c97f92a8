// Package fleet measures a centre under many boxes, beside a TLS server that only reads what is sent.
package fleet
