using System.Diagnostics;
using Posthorn.Core.Bodies;
using Posthorn.Hosting;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>Mail, password hashes and keys are the business of the user who runs the program, whatever the system's mask lets others see.</summary>
public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-private-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_program_makes_is_its_users_alone_and_a_folder_that_was_there_stays_as_it_was()
    {
        await File.WriteAllTextAsync(PathOf("posthorn.json"), """{ "hostName": "mail.example.test" }""", Cancel);
        await File.WriteAllTextAsync(PathOf("mail.mbox"), $"From a@example.test Thu Jan  1 00:00:00 2026\nSubject: large\n\n{string.Concat(Enumerable.Repeat(new string('x', 70) + "\n", 2 * MessageWriter.InlineBytes / 70))}\n", Cancel);
        Directory.CreateDirectory(PathOf("kept"));
        File.SetUnixFileMode(PathOf("kept"), Open);
        await RunAsync("domain", "add", "example.test");
        await RunAsync("account", "add", "you@example.test", "--password-stdin");
        await RunAsync("import", "mbox", PathOf("mail.mbox"), "--account", "you@example.test");
        await RunAsync("backup", PathOf("backup"));
        await RunAsync("backup", PathOf("kept"));
        await RunAsync("export", "mbox", PathOf("mbox"), "--account", "you@example.test");
        await RunAsync("export", "maildir", PathOf("maildir"), "--account", "you@example.test");
        await RunAsync("move-store", "--to", PathOf("moved"));
        foreach (string made in (string[])["data", "backup", "mbox", "maildir", "moved"])
        {
            AssertPrivate(PathOf(made));
            Assert.All(Directory.EnumerateFileSystemEntries(PathOf(made), "*", SearchOption.AllDirectories), AssertPrivate);
        }

        Assert.NotEmpty(Directory.EnumerateFiles(PathOf("data/bodies"), "*", SearchOption.AllDirectories));
        Assert.Equal(Open, File.GetUnixFileMode(PathOf("kept")));
        Assert.All(Directory.EnumerateFileSystemEntries(PathOf("kept"), "*", SearchOption.AllDirectories), AssertPrivate);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void AssertPrivate(string path) => Assert.True((File.GetUnixFileMode(path) & Others) == 0, $"{path}: {File.GetUnixFileMode(path)}");

    /// <summary>Under the mask that most systems have.</summary>
    private async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("sh") { WorkingDirectory = _folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in (string[])["-c", "umask 022; exec dotnet \"$@\"", "sh", typeof(MailServer).Assembly.Location, .. arguments])
        {
            start.ArgumentList.Add(word);
        }

        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync("a long enough password");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancel), error = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: {await output}{await error}");
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
