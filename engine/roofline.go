package engine

import "lamplight/kernels"

// Roofline measures what this machine can do at most with the model's threads and kernels: reading the memory that the
// arranged weights lie in, and multiplying. It takes some tens of milliseconds. The limits are zero for the reference
// kernels, which come near none; those of a model that fits into the caches are theirs.
func (m *Model) Roofline() kernels.Roofline {
	if m.packed == nil {
		return kernels.Roofline{}
	}
	m.mu.Lock() // the pass that is under way
	defer m.mu.Unlock()
	return m.k.MeasureRoofline(m.pool, m.packed.Bytes())
}
