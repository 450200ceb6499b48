package measure

import "time"

// Cost is what some work of this process took.
type Cost struct {
	CPUSeconds float64 // of all threads, in user and system mode
	Joules     float64
	Measured   bool // Joules is what counters of the processor say, not an estimate
}

// wattsPerCore is what Cost.Joules counts for a busy core where no counter can be read: CPU seconds × 5 W. Cores of
// laptops take less and those of desktops more, and memory is left aside: it tells one answer from ten, not 10 J from 15.
const wattsPerCore = 5

// Meter takes the cost of what happens between Start and Cost.
type Meter struct {
	cpu    time.Duration // at the start
	energy *counters     // nil: there are none
}

// Start begins to measure. The counters of energy are those of the processor and count what all programs do.
func Start() Meter { return Meter{cpu: cpuTime(), energy: openCounters(powercap)} }

// Cost is what happened since Start. Counters of energy go round after about an hour at full load: who measures longer
// asks more often.
func (m *Meter) Cost() Cost {
	c := Cost{CPUSeconds: (cpuTime() - m.cpu).Seconds()}
	if joules, ok := m.energy.read(); ok {
		c.Joules, c.Measured = joules, true
		return c
	}
	c.Joules = c.CPUSeconds * wattsPerCore
	return c
}
