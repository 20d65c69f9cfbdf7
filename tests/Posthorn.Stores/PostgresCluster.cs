using System.Diagnostics;
using System.Globalization;

namespace Posthorn.Stores;

/// <summary>
/// A PostgreSQL of this test process alone: made in a temporary folder, reached by a Unix socket in it, without fsync (what a kill of the server loses is not tested with it).
/// A shell stands between: when this process ends, however it ends, the shell's input ends, and the shell stops the cluster and removes the folder.
/// </summary>
public sealed class PostgresCluster : IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    // $1 folder of the cluster, $2 extra settings
    private const string Script = """
        cd "$1" || exit 1
        PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH
        initdb -D data -U posthorn -A trust --no-sync -E UTF8 --locale=C.UTF-8 >initdb.log 2>&1 || { cat initdb.log >&2; exit 1; }
        start() {
            postgres -D data -k "$1" -c listen_addresses= -c max_connections=300 -c shared_buffers=64MB -c max_wal_size=4GB -c deadlock_timeout=100ms -c log_min_messages=panic $2 >>postgres.log 2>&1 &
            pid=$!
            until pg_isready -q -h "$1"; do kill -0 $pid 2>/dev/null || { cat postgres.log >&2; exit 1; }; sleep 0.02; done
        }
        start "$1" "$2"
        echo ready
        while read -r command; do
            case $command in
                kill) kill -QUIT $pid; wait $pid; echo down ;;
                KILL) kill -KILL $(ps -o pid= --ppid $pid) $pid; wait $pid; rm -f data/postmaster.pid; echo down ;;
                stop) kill -INT $pid; wait $pid; echo down ;;
                start) start "$1" "$2"; echo ready ;;
            esac
        done
        kill -QUIT $pid 2>/dev/null; wait $pid; cd /; rm -rf "$1"
        """;

    private readonly Process _shell;

    private PostgresCluster(string folder, Process shell) => (Folder, _shell) = (folder, shell);

    /// <summary>Where its socket is.</summary>
    public string Folder { get; }

    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public static PostgresCluster Start(string settings = "-c fsync=off -c full_page_writes=off")
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-pg-").FullName;
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL refuses to run as root.
            Run("chown", "postgres", folder);
            start.FileName = "setpriv";
            Add(start, "--reuid=postgres", "--regid=postgres", "--clear-groups", "/bin/sh");
        }
        else
        {
            start.FileName = "/bin/sh";
        }

        Add(start, "-c", Script, "sh", folder, settings);
        Process shell = Process.Start(start) ?? throw new InvalidOperationException("No shell starts.");
        var cluster = new PostgresCluster(folder, shell);
        cluster.Expect("ready");
        return cluster;
    }

    public string ConnectionString(string database) => $"Host={Folder};Username=posthorn;Database={database}";

    /// <summary>Ends it without a checkpoint, as a crash does; what was synced is all that is left.</summary>
    public void Kill() => Tell("kill", "down");

    /// <summary>kill -9 of it and of every process that serves a connection.</summary>
    public void KillHard() => Tell("KILL", "down");

    public void Stop() => Tell("stop", "down");

    /// <summary>After <see cref="Kill"/> or <see cref="Stop"/>.</summary>
    public void StartAgain() => Tell("start", "ready");

    /// <summary>Runs SQL as the superuser, outside any driver.</summary>
    public void Execute(string sql, string database = "postgres") =>
        Run("psql", "-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-h", Folder, "-U", "posthorn", "-d", database, "-c", sql);

    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }

    private void Tell(string command, string answer)
    {
        _shell.StandardInput.WriteLine(command);
        _shell.StandardInput.Flush();
        Expect(answer);
    }

    private void Expect(string answer)
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        string? line = _shell.StandardOutput.ReadLineAsync(timeout.Token).AsTask().GetAwaiter().GetResult();
        if (line != answer)
        {
            throw new InvalidOperationException($"The PostgreSQL of the tests does not start (Debian package postgresql): {line}");
        }
    }

    private static void Run(params string[] line)
    {
        var start = new ProcessStartInfo(line[0]) { RedirectStandardError = true };
        Add(start, line[1..]);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{line[0]} did not start.");
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{line[0]} ended with {process.ExitCode}: {errors}"));
        }
    }

    private static void Add(ProcessStartInfo start, params string[] arguments)
    {
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
    }
}
