//go:build !unix

package measure

// PeakRSS returns the most memory, in bytes, that this process has had in RAM; here it is not known and 0.
func PeakRSS() int64 { return 0 }
