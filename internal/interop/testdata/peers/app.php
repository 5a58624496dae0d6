<?php
switch ($_GET['do'] ?? '') {
case 'sum':
	$in = fopen('php://input', 'rb');
	$hash = hash_init('sha1');
	$n = hash_update_stream($hash, $in);
	header('Content-Type: text/plain');
	echo "$n of {$_SERVER['CONTENT_LENGTH']} ", hash_final($hash), "\n";
	break;
case 'vars':
	header('Content-Type: application/json');
	echo json_encode($_SERVER, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES);
	break;
case 'uri': // what every front sends
	echo "{$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}\n";
	break;
case 'bytes':
	header('Content-Type: application/octet-stream');
	header('Content-Length: ' . $_GET['n']);
	for ($n = (int)$_GET['n']; $n > 0; $n -= 1 << 16) {
		echo str_repeat('x', min($n, 1 << 16));
	}
	break;
case 'status':
	http_response_code((int)$_GET['code']);
	echo "status {$_GET['code']}\n";
	break;
case 'redirect':
	header('Location: /app.php?do=there');
	break;
case 'cookies':
	setcookie('a', '1');
	setcookie('b', 'two words', ['httponly' => true]);
	echo json_encode($_COOKIE);
	break;
case 'log':
	error_log("trouble ahead: \x1b[31m{$_GET['id']}");
	echo "logged\n";
	break;
case 'fatal': // before any output
	no_such_function();
case 'die': // in the middle, with a length that is not reached or without one
	if (isset($_GET['length'])) {
		header("Content-Length: {$_GET['length']}");
	}
	echo str_repeat('x', 100000);
	flush();
	if (isset($_GET['exit'])) {
		exit(3);
	}
	no_such_function();
case 'wait': // for somebody to kill us, after some output or before
	file_put_contents($_GET['pid'] . '.new', getmypid());
	if (isset($_GET['first'])) {
		echo str_repeat('x', 100000);
		flush();
	}
	rename($_GET['pid'] . '.new', $_GET['pid']);
	sleep(60);
	break;
case 'session': // how often this visitor has come
	session_save_path(__DIR__);
	session_start();
	$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
	echo "visit {$_SESSION['visits']}\n";
	break;
case 'finish': // the answer is whole, and the work goes on until somebody says that it may end
	echo "answered\n";
	fastcgi_finish_request();
	await($_GET['until']);
	file_put_contents($_GET['until'] . '.seen', 'done');
	break;
case 'hold': // a child, until somebody says that it may end
	await($_GET['until']);
	echo "held\n";
	break;
case 'note': // that a request has been read
	file_put_contents(__DIR__ . '/read', "{$_GET['id']}\n", FILE_APPEND | LOCK_EX);
	echo "read {$_GET['id']}\n";
	break;
default:
	header('Content-Type: text/plain');
	echo "{$_SERVER['REQUEST_METHOD']} {$_SERVER['SCRIPT_NAME']} ", $_SERVER['PATH_INFO'] ?? '', " {$_SERVER['REMOTE_ADDR']}\n";
}

function await(string $file): void
{
	for ($i = 0; $i < 3000 && !file_exists($file); $i++) {
		usleep(10000);
		clearstatcache();
	}
}
