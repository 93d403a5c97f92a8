package pressure

import "golang.org/x/sys/unix"

// memoryPart of the machine's memory may be in use by the engine, in percent: as much again
// may come before it is collected, and the scanner beside it wants a gigabyte.
const memoryPart = 40

// memoryLeast is the bound on a small machine: public rules alone take 400 MiB.
const memoryLeast = 640 << 20

// Bound is how much the engine may use here.
func Bound() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return memoryLeast
	}
	return max(memoryLeast, uint64(info.Totalram)*uint64(info.Unit)/100*memoryPart)
}
