package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bytesPerPixel is what the stacks' configuration counts for a pixel when it checks the function's memory against its
// limit of pixels (components/limits, AssetBytesPerPixel): the costliest image, a single row of 64 bits, with
// everything it allocates.
const bytesPerPixel = 32

func TestBytesPerPixel(t *testing.T) {
	for name, content := range map[string][]byte{
		"progressive CMYK": fixture(t, "cmyk-progressive.jpg"), "progressive": fixture(t, "progressive.jpg"),
		"PNG of 64 bits":        encodePNG(t, image.NewNRGBA64(image.Rect(0, 0, 1600, 1200))),
		"PNG of one bit":        encodePNG(t, corners(1600, 1200)),
		"a column":              encodePNG(t, image.NewNRGBA64(image.Rect(0, 0, 1, 1_000_000))),
		"a row":                 encodePNG(t, image.NewNRGBA64(image.Rect(0, 0, 1_000_000, 1))),
		"another ratio":         encodeSampled(640, 480, []ratio{{1, 4}, {1, 1}, {1, 1}}, 0),
		"inks of another ratio": encodeSampled(640, 480, []ratio{{2, 1}, {1, 1}, {1, 1}, {2, 1}}, 0),
		"GIF":                   gifFile(1600, 1200, gifBlock(0, 0, 1600, 1200, 0, 0)),
		"BMP":                   encodeBMP(t, image.NewNRGBA(image.Rect(0, 0, 1600, 1200))),
		"ICO":                   iconOf(iconBitmap(t, corners(1600, 1200), 0)),
		"an inked profile":      jpegWith(inkProfile(), fixture(t, "cmyk-progressive.jpg"), 1),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		content, err := inspectBytes(content)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		pixels := uint64(content.Image.Width * content.Image.Height)
		t.Logf("%s: %.1f bytes a pixel", name, float64(after.TotalAlloc-before.TotalAlloc)/float64(pixels))
		assert.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, bytesPerPixel*pixels, name)
	}
}

// A text of any size takes the same memory, whatever it holds.
func TestTextsTakeNoMemory(t *testing.T) {
	for name, unit := range map[string]string{
		"lines": "1,2,3\n", "one quoted field": "x", "one word": "w", "one JSON string": "y",
	} {
		start := map[string]string{"one quoted field": "a,b\n1,\"", "one JSON string": `["`}[name]
		file := &endless{start: start, unit: unit}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		_, err := File(file, 2<<20, testLimits)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), "%s: bytes allocated for 2 MiB", name)
	}
}

// endless is a file that is not in memory.
type endless struct{ start, unit string }

func (e *endless) ReadAt(b []byte, offset int64) (int, error) {
	for i := range b {
		at := int(offset) + i
		if at < len(e.start) {
			b[i] = e.start[at]
		} else {
			b[i] = e.unit[(at-len(e.start))%len(e.unit)]
		}
	}
	return len(b), nil
}

// bombVariable asks this test's program to inspect bombs and to say how much memory that took.
const bombVariable = "INSPECT_BOMBS"

// TestBombs inspects what would fill gigabytes, in a process of its own, whose peak the system counts.
func TestBombs(t *testing.T) {
	if os.Getenv(bombVariable) != "" {
		inspectBombs(t)
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestBombs$", "-test.v")
	child.Env = append(os.Environ(), bombVariable+"=1")
	output, err := child.CombinedOutput()
	require.NoError(t, err, string(output))
	_, rest, found := strings.Cut(string(output), "peak ")
	require.True(t, found, string(output))
	peak, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(t, err)
	t.Logf("peak %d MiB", peak>>20)
	assert.Less(t, peak, int64(256<<20), "resident bytes")
}

func inspectBombs(t *testing.T) {
	gif := encodeGIF(t, corners(8, 8))
	copy(gif[6:], "\xff\xff\xff\xff") // the screen
	photo := encodeJPEG(t, corners(64, 64))
	frame := bytes.Index(photo, []byte{0xff, 0xc0})
	copy(photo[frame+5:], "\x27\x10\x27\x10")
	lossless, lossy := fixture(t, "lossless.webp"), fixture(t, "lossy.webp")
	copy(lossless[21:], "\xff\xff\xff\x0f")
	copy(lossy[26:], "\xff\x3f\xff\x3f")
	for name, content := range map[string][]byte{
		"PNG of 2^31": pngClaiming(1<<31, 1), "PNG of 2^31-1": pngClaiming(1<<31-1, 1),
		"PNG of 100 megapixels": pngClaiming(10_000, 10_000), "GIF of 65535": gif, "JPEG of 100 megapixels": photo,
		"lossless WebP of 16384": lossless, "WebP of 16383": lossy,
	} {
		_, err := File(bytes.NewReader(content), int64(len(content)),
			Limits{MaxPixels: 40_000_000, MaxTime: time.Minute, ThumbnailSide: 256})
		var found *Fault
		if !errors.As(err, &found) || found.Reason != "too_many_pixels" {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nothing of it is on disk either; larger ones are refused by their size.
	sparse, err := os.Create(t.TempDir() + "/sparse")
	require.NoError(t, err)
	require.NoError(t, sparse.Truncate(16<<20))
	content, err := File(sparse, 16<<20, testLimits)
	require.NoError(t, err)
	assert.Equal(t, KindBinary, content.Kind)
	status, err := os.Open("/proc/self/status")
	require.NoError(t, err)
	text, err := io.ReadAll(status)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "VmHWM:")
	require.True(t, found)
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(t, err)
	fmt.Printf("peak %d bytes\n", kilobytes<<10)
}
