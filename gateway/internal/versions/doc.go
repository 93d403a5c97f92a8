// Package versions reads what devices say of the programs and the firmware that they run: how browsers call themselves over
// plain HTTP, the SERVER line and the description of UPnP devices, titles of the pages of routers.
//
// Nobody is asked: it is read in passing. [Agent] does not allocate; the others are called for what is new only. The room is
// pure. Callers: inventory.
package versions
