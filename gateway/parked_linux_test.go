package gateway_test

// parkedGoroutines is how many goroutines a parked connection takes.
const parkedGoroutines = 0
