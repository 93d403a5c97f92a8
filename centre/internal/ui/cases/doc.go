// Package cases is the console's pages about several cases at once: those that were chosen in the queue are looked
// through and decided with one reason. Each is decided by itself, in its own company, and only while it is what was
// seen; what changed meanwhile, or is somebody else's, stays as it is and is shown.
//
// Beside a case it shows what was seen before in other companies ([Finder]) and the playbook of its kind ([Guide]), whose
// steps are ticked.
//
// Level 6, part of the console.
package cases
