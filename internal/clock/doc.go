// Package clock is the one place that says what time it is, so that everything
// with a deadline can be tested without waiting.
//
// Anyone may use it. Parts take a [Clock] in their Config and never call
// time.Now; timers that only pace a loop may still come from package time.
package clock
