package explore

// environMeanings are the parts of what a CGI program is given.
var environMeanings = map[string]Meaning{
	"name": inCGI(ClassName, "4.1",
		"The name of a meta-variable. The program finds it in its environment: there is no connection, the kernel hands it over by execve."),
	"equals sign": inCGI(ClassMark, "7.2", "Ends the name: an environment is strings of the form NAME=value."),
	"value":       inCGI(ClassValue, "4.1", "The variable's value. It cannot hold a NUL byte."),
	"NUL":         inCGI(ClassMark, "7.2", "Ends the string, as every string of C's."),
}

// scgiMeanings are the parts of a request over SCGI.
var scgiMeanings = map[string]Meaning{
	"length": inSCGI(ClassLength, "section 4",
		"How long the block of variables is, in decimal digits: the beginning of a netstring."),
	"colon": inSCGI(ClassMark, "section 4", "Ends the length."),
	"name":  inSCGI(ClassName, "section 3", "The variable's name, up to the next NUL byte. The first one must be CONTENT_LENGTH."),
	"value": inSCGI(ClassValue, "section 3", "The variable's value, up to the next NUL byte, which it therefore cannot hold."),
	"NUL":   inSCGI(ClassMark, "section 3", "Ends a name or a value. Whoever reads finds it by looking at every byte."),
	"comma": inSCGI(ClassMark, "section 4", "Ends the netstring: if it is not here, the length was wrong. The body follows."),
}

// uwsgiMeanings are the parts of a uwsgi packet.
var uwsgiMeanings = map[string]Meaning{
	"modifier1": inUWSGI(ClassKind, "packet header",
		"The packet's kind: 0 is a request for a WSGI application, 5 for PSGI, 173 a remote call, 100 a ping."),
	"datasize": inUWSGI(ClassLength, "packet header",
		"How long the block of variables is, two bytes, the lower one first: at most 65,535. The body is not counted."),
	"modifier2": inUWSGI(ClassKind, "packet header", "A second number whose meaning the kind chooses. Requests have 0."),
	"key_size":  inUWSGI(ClassLength, "uwsgi vars", "How long the name is, two bytes, the lower one first."),
	"key":       inUWSGI(ClassName, "uwsgi vars", "The variable's name. Its size has been told, so nothing ends it."),
	"val_size":  inUWSGI(ClassLength, "uwsgi vars", "How long the value is, two bytes, the lower one first."),
	"val":       inUWSGI(ClassValue, "uwsgi vars", "The variable's value. Its size has been told, so it may hold any byte."),
	"item":      inUWSGI(ClassData, "RPC", "An item of a call: the function's name, or an argument."),
	"block":     inUWSGI(ClassData, "packet header", "The packet's content, as its kind has it."),
}

// requestLine are the parts of the first line of an HTTP request.
var requestLine = map[string]Meaning{
	"method": inHTTP(ClassValue, "3.1", "3.1", "What is to be done. The gateway protocols call it REQUEST_METHOD."),
	"space":  inHTTP(ClassMark, "3", "3", "Parts the words of the line."),
	"request-target": inHTTP(ClassValue, "3.2", "3.2",
		"Path and query, as the client wrote them. The gateway protocols call it REQUEST_URI, and take it apart besides."),
	"HTTP-version": inHTTP(ClassValue, "2.3", "2.3", "The version of HTTP. The gateway protocols call it SERVER_PROTOCOL."),
}

// httpFields are the parts of an HTTP head. An answer over uwsgi has the same form.
var httpFields = map[string]Meaning{
	"status line": inHTTP(ClassKind, "4", "4", "The version, the status as three digits, and words that people read."),
	"field name":  inHTTP(ClassName, "5", "5", "A header field's name. Upper and lower case are the same."),
	"colon":       inHTTP(ClassMark, "5", "5", "Ends the name. A space may follow; none may come before it."),
	"field value": inHTTP(ClassValue, "5", "5", "The header field's value, up to the end of the line."),
	"end of line": inHTTP(ClassMark, "2.2", "2.2", "Carriage return and line feed end each line of a head."),
	"end of head": inHTTP(ClassMark, "2.1", "2.1", "An empty line: the head is over, and the body begins."),
	"body":        inHTTP(ClassData, "6", "6", wholeBody), // over uwsgi
	"chunk-size": inHTTP(ClassLength, "7.1", "7.1",
		"How many bytes the chunk has, in hexadecimal digits. 0 is the end: so the length need not be known before."),
	"chunk-ext":    inHTTP(ClassFiller, "7.1.1", "7.1.1", "What a sender may say of a chunk. Nobody looks at it."),
	"end of chunk": inHTTP(ClassMark, "7.1", "7.1", "Carriage return and line feed end a chunk."),
	"data":         inHTTP(ClassData, "6", "6", wholeBody),
}

const wholeBody = "The body, as it is. Content-Length tells how long it is, or it comes in chunks, or it ends with the connection."
