package widgets

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
)

// BenchmarkAppend adds a token to conversations of different lengths.
func BenchmarkAppend(b *testing.B) {
	for _, length := range []int{5_000, 50_000, 500_000} {
		for _, where := range []string{"many turns", "one answer"} {
			b.Run(fmt.Sprintf("%d/%s", length, where), func(b *testing.B) {
				v := show(b, fyne.NewSize(800, 600))
				var turns []Turn
				if where == "one answer" {
					turns = []Turn{{Text: "Tell me."}, {Role: Assistant, Text: prose(length)}}
				} else {
					for n := 0; n < length; n += 5000 {
						turns = append(turns, Turn{Text: "Tell me."}, Turn{Role: Assistant, Text: prose(5000)})
					}
				}
				v.SetTurns(turns)
				words := strings.Fields(prose(5000))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					v.Append(words[i%len(words)] + " ")
					if i%80 == 79 {
						v.Append("\n\n")
					}
				}
			})
		}
	}
}

// BenchmarkTakeBack takes 200 bytes back from answers of different lengths.
func BenchmarkTakeBack(b *testing.B) {
	tail := strings.Repeat("again and ", 20)
	for _, length := range []int{5_000, 20_000, 500_000} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			v := show(b, fyne.NewSize(800, 600), Turn{Text: "Tell me."}, Turn{Role: Assistant, Text: prose(length)})
			for b.Loop() {
				v.Append(tail)
				v.TakeBack(len(tail))
			}
		})
	}
}
