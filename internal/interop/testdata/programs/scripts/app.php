<?php
// A form, an upload and a session.
ini_set('session.save_path', getenv('SESSIONS'));
switch ($_GET['do'] ?? '') {
case 'form':
	header('Content-Type: text/plain');
	echo $_POST['name'], "\n", implode(',', $_POST['list']), "\n";
	break;
case 'upload':
	header('Content-Type: text/plain');
	$f = $_FILES['file'];
	echo $f['name'], ' ', $f['size'], ' ', $f['error'], ' ', sha1_file($f['tmp_name']), "\n";
	break;
case 'session':
	session_start();
	$_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
	header('Content-Type: text/plain');
	echo 'visit ', $_SESSION['count'], "\n";
	break;
case 'status':
	http_response_code(404);
	header('Content-Type: text/plain');
	echo "nothing here\n";
	break;
case 'redirect':
	header('Location: /app.php?do=session');
	break;
case 'path':
	header('Content-Type: text/plain');
	echo $_SERVER['SCRIPT_NAME'], ' ', $_SERVER['PATH_INFO'] ?? '', ' ', php_sapi_name(), ' ', $_SERVER['REMOTE_ADDR'], "\n";
	break;
case 'stderr':
	error_log('php says: trouble');
	echo "ok\n";
	break;
}
