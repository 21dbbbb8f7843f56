<?php
require __DIR__ . '/tasks.php';

echo 'version PDO ', PHP_VERSION, "\n";
$pdo = new PDO('pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE'), getenv('PGUSER'), getenv('PGPASSWORD'));

task('create', fn () => $pdo->exec(getenv('CREATE_TABLES')));

ordinary(function (string $sql, mixed ...$parameters) use ($pdo) {
    $statement = $pdo->prepare($sql);
    $statement->execute($parameters);
    return $statement->columnCount() ? $statement->fetchColumn() : null;
});

task('copy', function () use ($pdo) {
    $number = $pdo->query('SELECT snowflake_nextval()')->fetchColumn();
    $pdo->pgsqlCopyFromArray('orders', ["$number\tcopy\t\\N"], "\t", '\\\\N', 'id, item, parent_id');
    expect($pdo->query("SELECT id::text FROM orders WHERE item = 'copy'")->fetchColumn(), (string) $number);
});
// How an ID that was just made is learned.
task('last_id', function () use ($pdo) {
    if (!HELP) {
        $pdo->exec("INSERT INTO orders (item) VALUES ('bread')");
        $id = $pdo->lastInsertId();
    } else {
        // snippet: id
        $id = $pdo->query("INSERT INTO orders (item) VALUES ('bread') RETURNING id")->fetchColumn();
        // end
    }
    expect((string) $id, $pdo->query("SELECT id::text FROM orders WHERE item = 'bread'")->fetchColumn());
});
