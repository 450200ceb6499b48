package container

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Memory is a large run of zeroed bytes outside of the Go heap.
type Memory struct{ data []byte }

// NewMemory returns size > 0 bytes, in huge pages where the system has them: weights are read from one end to the
// other for every token, and the processor's prefetching stops at every page.
func NewMemory(size int) (*Memory, error) {
	const huge = 2 << 20
	data, err := unix.Mmap(-1, 0, (size+huge-1)/huge*huge, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("%d bytes of memory: %w", size, err)
	}
	if whole := size / huge * huge; whole > 0 { // the rest would take a whole one
		_ = unix.Madvise(data[:whole], unix.MADV_HUGEPAGE) // refused where the kernel has none
	}
	return &Memory{data}, nil
}

// Bytes returns the memory, valid until Close. It may be larger than was asked for.
func (m *Memory) Bytes() []byte { return m.data }

// Close gives the memory back.
func (m *Memory) Close() error {
	data := m.data
	m.data = nil
	return unix.Munmap(data)
}
