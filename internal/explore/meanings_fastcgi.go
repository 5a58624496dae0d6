package explore

// recordMeanings are the fields of a record's header (section 3.3).
var recordMeanings = map[string]Meaning{
	"version": inFastCGI(ClassKind, "3.3", "S3.3",
		"The version of the protocol, always 1. Every record begins with it, so a reader that is out of step notices at once."),
	"type": inFastCGI(ClassKind, "3.3", "S3.3",
		"What the record is: 1 begins a request, 4 carries its variables, 5 its body, 6 the answer, 3 ends it."),
	"requestId": inFastCGI(ClassID, "3.3", "S3.3",
		"Whose record it is, two bytes, the higher one first. Several requests can share a connection because each record says which it belongs to."),
	"contentLength": inFastCGI(ClassLength, "3.3", "S3.3",
		"How many bytes of content follow this header, two bytes, the higher one first: at most 65,535. 0 in a stream is the stream's end."),
	"paddingLength": inFastCGI(ClassLength, "3.3", "S3.3",
		"How many bytes follow the content that mean nothing. They keep the next record at a multiple of 8."),
	"reserved": inFastCGI(ClassFiller, "3.3", "S3.3", "Kept free by the specification. A sender writes 0, a reader does not look."),
	"paddingData": inFastCGI(ClassFiller, "3.3", "S3.3",
		"Padding: it means nothing and is skipped. paddingLength has said how much there is."),
}

// pairMeanings are the parts of a name-value pair (section 3.4).
var pairMeanings = map[string]Meaning{
	"nameLength": inFastCGI(ClassLength, "3.4", "S3.4",
		"How long the name is. One byte below 128, else four with the first bit set. Both lengths come before both texts."),
	"valueLength": inFastCGI(ClassLength, "3.4", "S3.4", "How long the value is. One byte below 128, else four with the first bit set."),
	"nameData":    inFastCGI(ClassName, "3.4", "S3.4", "The variable's name. No byte ends it: its length has been told."),
	"valueData":   inFastCGI(ClassValue, "3.4", "S3.4", "The variable's value. No byte ends it, so it may hold any byte."),
}

// contentMeanings are the contents of records that are no pairs (sections 4 to 6).
var contentMeanings = map[string]Meaning{
	"role": inFastCGI(ClassKind, "5.1", "S5.1",
		"What the application is asked to be: 1 is a RESPONDER, which answers the request; 2 an AUTHORIZER, 3 a FILTER."),
	"flags": inFastCGI(ClassKind, "5.1", "S5.1",
		"Bit 1 is KEEP_CONN: without it the application closes the connection after its answer."),
	"appStatus": inFastCGI(ClassKind, "5.5", "S5.5",
		"The application's own status, as a program's exit status: 0 says that all is well."),
	"protocolStatus": inFastCGI(ClassKind, "5.5", "S5.5",
		"How the request ended for the protocol: 0 complete, 1 this connection takes no second request, 2 overloaded, 3 unknown role."),
	"contentData": inFastCGI(ClassData, "5.3", "S5.3",
		"Bytes of a stream: the request's body in STDIN, the answer in STDOUT. A stream may take many records."),
}

// cgiResponse are the fields of an answer in CGI's form, which FastCGI and SCGI have too.
var cgiResponse = map[string]Meaning{
	"status line": inCGI(ClassKind, "5", "A status line in HTTP's own form."),
	"field name": inCGI(ClassName, "6.3",
		"A header field's name. Status is CGI's own: the front makes HTTP's status line of it."),
	"colon":       inCGI(ClassMark, "6.3", "Ends the name."),
	"field value": inCGI(ClassValue, "6.3", "The header field's value, up to the end of the line."),
	"end of line": inCGI(ClassMark, "6.3", "Ends the header field. CGI takes a line feed alone, too."),
	"end of head": inCGI(ClassMark, "6.2", "An empty line: the head is over, and the body begins."),
	"body": inCGI(ClassData, "6.4",
		"The body, as it is. Where no Content-Length tells how long it is, its end is that of the output or connection."),
}
