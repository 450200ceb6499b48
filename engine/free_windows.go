package engine

import (
	"math"
	"unsafe"

	"golang.org/x/sys/windows"
)

// FreeMemory returns the bytes of memory that can be had without anything else having to give way; false where the
// system does not tell.
func FreeMemory() (int64, bool) {
	var status struct { // MEMORYSTATUSEX
		length, load                           uint32
		totalPhysical, availablePhysical       uint64
		totalPageFile, availablePageFile       uint64
		totalVirtual, availableVirtual, extend uint64
	}
	status.length = uint32(unsafe.Sizeof(status))
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if call.Find() != nil {
		return 0, false
	}
	if ok, _, _ := call.Call(uintptr(unsafe.Pointer(&status))); ok == 0 {
		return 0, false
	}
	return int64(min(status.availablePhysical, math.MaxInt64)), true
}
