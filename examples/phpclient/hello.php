<?php
header('Content-Type: text/plain; charset=utf-8');
echo "Hello, {$_POST['name']}, in {$_GET['lang']}: this is ", $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REQUEST_URI'],
	' by ', PHP_SAPI, "\n";
