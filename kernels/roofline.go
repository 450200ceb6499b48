package kernels

import "time"

// Roofline is what the machine can do at most with the threads of a pool: a program that reads memory cannot be
// faster than memory, one that multiplies not faster than the multipliers (Williams, Waterman & Patterson,
// "Roofline", CACM 2009).
type Roofline struct {
	ReadBytes float64 // a second, from memory
	Int8MACs  float64 // multiply-adds a second of 8-bit integers
	FloatMACs float64 // the same of float32
}

// MeasureRoofline measures for some tens of milliseconds. memory is read from one end to the other by all threads
// together; to be about memory it must be much larger than the caches. It returns zeros for the reference kernels, which come near
// neither limit.
func (k Kernels) MeasureRoofline(pool *Pool, memory []byte) Roofline {
	if k.native == nil || len(memory) == 0 {
		return Roofline{}
	}
	// The best of some tries counts: everything that disturbs makes it slower.
	var r Roofline
	for range 4 {
		start := time.Now()
		pool.Stream(len(memory), 1<<20, Range(func(lo, hi int) { k.native.read(memory[lo:hi]) }))
		r.ReadBytes = max(r.ReadBytes, float64(len(memory))/time.Since(start).Seconds())
	}
	r.Int8MACs = mostMACs(pool, func() int { return k.native.peak(1 << 17) })
	r.FloatMACs = k.floatPeak(pool, false)
	return r
}

// floatPeak returns the multiply-adds of floats, or of bfloat16, that are possible in a second.
func (k Kernels) floatPeak(pool *Pool, bf16 bool) float64 {
	return mostMACs(pool, func() int { return k.native.gemmPeak(bf16, 1<<18) })
}

// mostMACs returns how many multiply-adds a second all threads do together when each calls f, which returns how many it
// did.
func mostMACs(pool *Pool, f func() int) float64 {
	best, done := 0.0, make([]int, pool.Threads())
	for range 4 {
		start, total := time.Now(), 0
		pool.Run(len(done), 1, Range(func(lo, hi int) {
			for i := lo; i < hi; i++ {
				done[i] = f()
			}
		}))
		for _, n := range done {
			total += n
		}
		best = max(best, float64(total)/time.Since(start).Seconds())
	}
	return best
}
