using System.Diagnostics;
using System.Globalization;
using System.Text;
using Posthorn.Core.Storage;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>kill -9 while mail is brought in or taken out: the same command goes on where it was, and nothing is lost or doubled.</summary>
[Collection("Kills")]
public sealed class TransferKillTests
{
    private const int Messages = 6_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_import_that_was_killed_goes_on(bool withServer)
    {
        await using PosthornProcess posthorn = await PosthornProcess.MakeAsync();
        string path = Path.Combine(posthorn.Folder, "old.mbox");
        await File.WriteAllTextAsync(path, Mail(), Cancel);
        string[] command = ["import", "mbox", path, "--account", PosthornProcess.User];
        await KillWithinAsync(posthorn, withServer, command);
        Assert.Contains("behind those of an earlier run", await posthorn.CommandAsync("", command), StringComparison.Ordinal);

        (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) =
            await StoreReading.ReadAsync(Path.Combine(posthorn.Folder, "data"), PosthornProcess.User, "old", Cancel);
        Assert.Equal(Enumerable.Range(0, Messages).Select(static number => $"m-{number}"), subjects);
        Assert.Empty(findings);
    }

    [Theory]
    [InlineData("mbox", true)]
    [InlineData("mbox", false)]
    [InlineData("maildir", true)]
    [InlineData("maildir", false)]
    public async Task An_export_that_was_killed_goes_on(string format, bool withServer)
    {
        await using PosthornProcess posthorn = await PosthornProcess.MakeAsync();
        string mail = Path.Combine(posthorn.Folder, "old.mbox"), path = Path.Combine(posthorn.Folder, "out");
        await File.WriteAllTextAsync(mail, Mail(), Cancel);
        await posthorn.CommandAsync("", "import", "mbox", mail, "--account", PosthornProcess.User);
        string[] command = ["export", format, path, "--account", PosthornProcess.User];
        await KillWithinAsync(posthorn, withServer, command);
        Assert.False(Path.Exists(path));
        string said = await posthorn.CommandAsync("", command);
        Assert.Contains($"Exported {Messages} messages", said, StringComparison.Ordinal);
        Assert.Matches("; [1-9][0-9]+ of them were there from an earlier run", said);

        string[] files = format == "mbox" ? [Path.Combine(path, "old.mbox")] : Directory.GetFiles(Path.Combine(path, ".old", "cur")).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(
            Enumerable.Range(0, Messages).Select(static number => $"Subject: m-{number}"),
            files.SelectMany(static file => File.ReadLines(file)).Where(static line => line.StartsWith("Subject: ", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFileSystemEntries(posthorn.Folder, "out.posthorn-export*"));
    }

    /// <summary>Runs the command until it has said how far it is, and kills what does the work.</summary>
    private static async Task KillWithinAsync(PosthornProcess posthorn, bool withServer, string[] command)
    {
        if (withServer)
        {
            await posthorn.StartAsync();
        }

        using Process running = posthorn.BeginCommand(command);
        for (bool isWithin = false; !isWithin;)
        {
            // "Octets read: 12345 of 56789"
            string line = await running.StandardError.ReadLineAsync(Cancel) ?? throw new InvalidOperationException("It ended before it was killed.");
            string[] words = line.Split(' ');
            isWithin = words is [.., var done, "of", var all] && 5 * long.Parse(done, CultureInfo.InvariantCulture) > long.Parse(all, CultureInfo.InvariantCulture);
        }

        if (withServer)
        {
            await posthorn.KillAsync();
        }
        else
        {
            running.Kill();
        }

        await running.WaitForExitAsync(Cancel);
        Assert.NotEqual(0, running.ExitCode);
    }

    private static string Mail()
    {
        var text = new StringBuilder();
        for (int number = 0; number < Messages; number++)
        {
            text.Append(CultureInfo.InvariantCulture, $"From a@example.org Mon Mar  4 07:00:00 2024\nSubject: m-{number}\n\n").Append('x', 500).Append("\n\n");
        }

        return text.ToString();
    }
}
