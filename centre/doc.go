// Package centre is the provider's side: the wing that watches all boxes and tells
// people.
//
// [Run] starts one process with everything in it: database, job queue, the
// listener for boxes, the portal and the console. [Admin] does what the first
// start and scripts need. Behind PostgreSQL several processes may run at once.
package centre
