package compare

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// quietBusy is how busy a quiet machine is at most, in percent of its time.
const quietBusy = 5.0

// How long a look at the machine takes, and how often it is looked at until a run begins in spite
// of what else it does. A quick run has no minute to wait.
const (
	look       = time.Second
	looks      = 60
	quickLooks = 5
	nowLook    = 300 * time.Millisecond // with Config.Now there is one
)

// awaitQuiet waits for a quiet machine, as long as the Config says, and returns how many percent of
// its time it was busy at the end.
func (c *comparison) awaitQuiet(ctx context.Context) (percent float64, err error) {
	times, each := looks, look
	switch {
	case c.cfg.Now:
		times, each = 1, nowLook
	case c.cfg.Quick:
		times = quickLooks
	}
	return untilQuiet(times, func() (float64, error) { return busy(ctx, each) }, c.progress.line)
}

// untilQuiet calls busy until it says that the machine is quiet, so many times at most, and returns
// what it has said last. The first time that it is called again is told.
func untilQuiet(times int, busy func() (float64, error), tell func(string)) (percent float64, err error) {
	for i := range times {
		if percent, err = busy(); err != nil || percent <= quietBusy {
			return percent, err
		}
		if i == 0 && times > 1 {
			tell(fmt.Sprintf("the machine is %g %% busy with something else: waiting up to %v until it is quiet (--now does not wait)", percent, time.Duration(times-1)*look))
		}
	}
	return percent, nil
}

// busy returns how many percent of a time the processors were busy; 0 where the system does not
// tell.
func busy(ctx context.Context, d time.Duration) (percent float64, err error) {
	total0, idle0 := processorTimes()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	total1, idle1 := processorTimes()
	if total1 <= total0 {
		return 0, nil
	}
	return round(100 * (1 - float64(idle1-idle0)/float64(total1-total0))), nil
}

// processorTimes reads the first line of /proc/stat, in ticks.
func processorTimes() (total, idle int64) {
	line, _, _ := strings.Cut(readText("/proc/stat"), "\n")
	for i, field := range strings.Fields(line) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i > 8 { // what guests take is in the user's time already
			continue
		}
		if total += n; i == 4 || i == 5 { // idle, or waiting for a disk
			idle += n
		}
	}
	return total, idle
}
