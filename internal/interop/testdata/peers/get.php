<?php
// What postern get sends: fields and files of a form, or what died on the way.
header('Content-Type: text/plain');
if (isset($_GET['die'])) {
	if (isset($_GET['length'])) {
		header("Content-Length: {$_GET['length']}");
	}
	echo str_repeat('x', 100000);
	flush();
	exit(3);
}
foreach ($_POST as $name => $value) {
	echo "$name=$value\n";
}
foreach ($_FILES as $name => $f) {
	echo "$name: {$f['name']} {$f['type']} {$f['size']} ", sha1_file($f['tmp_name']), "\n";
}
echo "{$_SERVER['SCRIPT_NAME']} ", $_SERVER['PATH_INFO'] ?? '', "\n";
if (isset($_GET['log'])) {
	error_log('trouble ahead');
}
