using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>The demo as a newcomer has it: what it prints works when it is pasted into a shell, Ctrl+C stops it, and the next start finds the same mail.</summary>
public sealed partial class DemoProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-demo-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_it_prints_works_and_a_second_start_finds_the_same_mail()
    {
        string first = await RunAsync(async printed =>
        {
            Assert.Contains("Outgoing (SMTP)", printed, StringComparison.Ordinal);
            Assert.Contains("STARTTLS, required", printed, StringComparison.Ordinal);
            Assert.Contains("Incoming (IMAP)", printed, StringComparison.Ordinal);
            Assert.Contains("Incoming (POP3)", printed, StringComparison.Ordinal);
            Assert.Contains("you@example.test", printed, StringComparison.Ordinal);
            await ShellAsync(Line(printed, "| curl --ssl-reqd"));
            Assert.Contains("It works.", await ShellAsync(Line(printed, "imaps://")), StringComparison.Ordinal);
            string authority = AuthorityFile().Match(printed).Groups[1].Value;
            Assert.Contains("Posthorn", await ShellAsync($"curl --silent --show-error --cacert '{authority}' '{WebAddress().Match(printed).Groups[1].Value}'"), StringComparison.Ordinal);
        });
        string second = await RunAsync(async printed => Assert.Contains("It works.", await ShellAsync(Line(printed, "imaps://")), StringComparison.Ordinal));
        Assert.Equal(Password().Match(first).Groups[1].Value, Password().Match(second).Groups[1].Value);
    }

    /// <summary>Starts the demo on free ports, hands over what it printed, stops it as Ctrl+C does.</summary>
    private async Task<string> RunAsync(Func<string, Task> use)
    {
        while (true)
        {
            // What a shell started in the background ignores Ctrl+C, and so does all that it starts; a person's shell does not.
            var start = new ProcessStartInfo("env") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in (string[])["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "posthorn.dll"), "demo", "--folder", _folder, "--base-port", $"{FreeBasePort()}"])
            {
                start.ArgumentList.Add(argument);
            }

            using Process demo = Process.Start(start)!;
            Task<string> errors = demo.StandardError.ReadToEndAsync(Cancel);
            string printed = "";
            while (!printed.Contains("Ctrl+C stops it.", StringComparison.Ordinal) && await demo.StandardOutput.ReadLineAsync(Cancel) is { } line)
            {
                printed += line + "\n";
            }

            if (demo.HasExited || !printed.Contains("Ctrl+C stops it.", StringComparison.Ordinal))
            {
                // Somebody took one of the ports between the look and the start: look again.
                await demo.WaitForExitAsync(Cancel);
                Assert.Contains("in use", await errors, StringComparison.Ordinal);
                continue;
            }

            try
            {
                await use(printed);
            }
            finally
            {
                await ShellAsync($"kill -INT {demo.Id}");
                printed += await demo.StandardOutput.ReadToEndAsync(Cancel);
                await demo.WaitForExitAsync(Cancel);
            }

            Assert.Equal(0, demo.ExitCode);
            Assert.Contains("Stopped.", printed, StringComparison.Ordinal);
            return printed;
        }
    }

    /// <summary>A base such that the demo's ports are free now.</summary>
    private static int FreeBasePort()
    {
        int[] offsets = [25, 90, 110, 143, 443, 465, 587, 993, 995];
        while (true)
        {
            int from = Random.Shared.Next(20, 58) * 1_000;
            try
            {
                foreach (int offset in offsets)
                {
                    using var probe = new TcpListener(IPAddress.Loopback, from + offset);
                    probe.Start();
                }

                return from;
            }
            catch (SocketException)
            {
                // In use.
            }
        }
    }

    private static string Line(string printed, string with) => printed.Split('\n').Single(line => line.Contains(with, StringComparison.Ordinal)).Trim();

    private static async Task<string> ShellAsync(string line)
    {
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process shell = Process.Start(start)!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync(Cancel), errors = shell.StandardError.ReadToEndAsync(Cancel);
        await shell.WaitForExitAsync(Cancel);
        Assert.True(shell.ExitCode == 0, $"{line}: {await errors}");
        return await output;
    }

    [GeneratedRegex(@"(horn-[a-z0-9]+)")]
    private static partial Regex Password();

    [GeneratedRegex(@"made for this demo: (\S+)")]
    private static partial Regex AuthorityFile();

    [GeneratedRegex(@"Web page: (\S+)")]
    private static partial Regex WebAddress();
}
