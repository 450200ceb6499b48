package measure

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// powercap is where Linux has the counters of energy of Intel's and AMD's processors (RAPL). Other systems have none
// that a program may read without rights of its own, and most distributions let only root read these.
const powercap = "/sys/class/powercap"

// counters are those of the packages, which have cores and caches in them.
type counters struct {
	packages []counter
	joules   float64 // since they were opened
}

// counter is energy_uj of a domain: microjoules, from 0 to a limit and then from 0 again.
type counter struct {
	path  string
	limit uint64 // max_energy_range_uj
	last  uint64
}

// openCounters finds the counters below dir: intel-rapl:0 and so on. intel-rapl:0:0 is a part of a package, and psys is
// more than the packages. It returns nil when one of them cannot be read: a part would be taken for all.
func openCounters(dir string) *counters {
	domains, _ := filepath.Glob(filepath.Join(dir, "intel-rapl:*"))
	var c counters
	for _, d := range domains {
		if name := readLine(filepath.Join(d, "name")); strings.Count(filepath.Base(d), ":") != 1 || !strings.HasPrefix(name, "package") {
			continue
		}
		p := counter{path: filepath.Join(d, "energy_uj")}
		var ok, limited bool
		p.last, ok = readNumber(p.path)
		p.limit, limited = readNumber(filepath.Join(d, "max_energy_range_uj"))
		if !ok || !limited || p.limit == 0 || p.last > p.limit {
			return nil
		}
		c.packages = append(c.packages, p)
	}
	if len(c.packages) == 0 {
		return nil
	}
	return &c
}

// read returns the energy since the counters were opened, if all of them can be read.
func (c *counters) read() (joules float64, ok bool) {
	if c == nil {
		return 0, false
	}
	for i := range c.packages {
		p := &c.packages[i]
		now, ok := readNumber(p.path)
		if !ok || now > p.limit {
			return 0, false
		}
		since := now - p.last
		if now < p.last { // it went round
			since = p.limit - p.last + now
		}
		p.last = now
		c.joules += float64(since) / 1e6
	}
	return c.joules, true
}

func readLine(path string) string {
	data, _ := os.ReadFile(path)
	return strings.TrimSpace(string(data))
}

func readNumber(path string) (uint64, bool) {
	n, err := strconv.ParseUint(readLine(path), 10, 64)
	return n, err == nil
}
