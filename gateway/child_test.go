package gateway_test

func child() bool { return false }
