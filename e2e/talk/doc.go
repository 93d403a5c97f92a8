// Package talk writes down conversations on a network so that a person can
// read them, and turns them into capture files. Tests of rules and of the
// engine use it; the product never does.
//
// A conversation is text, a line each:
//
//	# a remark
//	tcp 198.51.100.66:40000 > 192.168.1.80:80    opens a flow: client > server
//	udp 192.168.1.12:5000 > 203.0.113.66:53
//	dns 192.168.1.12:5353 > 192.0.2.53:53 name   a UDP flow with one query
//	> bytes                                      the client says
//	< bytes                                      the server says
//	>*100 bytes                                  the same a hundred times over
//	.                                            the next line begins a new packet
//	wait 5s                                      time passes
//
// In bytes, \r \n \t \0 \\ and \xNN are escapes; nothing is added. Lines of the
// same side that follow each other make one message.
package talk
