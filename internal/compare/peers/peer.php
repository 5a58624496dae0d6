<?php
// The works of the comparison, for php-fpm.
$uri = $_SERVER['REQUEST_URI'];
if (strncmp($uri, '/count', 6) === 0) {
    $total = 0;
    $body = fopen('php://input', 'r');
    while (($piece = fread($body, 32768)) !== false && $piece !== '') {
        $total += strlen($piece);
    }
    header('Content-Type: text/plain');
    echo $total, "\n";
} elseif (strncmp($uri, '/download', 9) === 0) {
    $piece = str_repeat('0123456789abcdef', 2048);
    header('Content-Type: application/octet-stream');
    header('Content-Length: ' . 32 * strlen($piece));
    for ($i = 0; $i < 32; $i++) {
        echo $piece;
    }
} else {
    header('Content-Type: text/plain');
    echo "hello, world\n";
}
