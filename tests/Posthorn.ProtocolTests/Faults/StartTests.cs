using System.Net.Sockets;
using System.Text;
using Posthorn.ProtocolTests.Durability;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>A start that cannot succeed ends in one line that says what to do; a stop says goodbye.</summary>
public sealed class StartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_that_another_process_has_is_told_in_one_line()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "Several processes share a PostgreSQL store.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        await server.StartAsync();
        (int status, string said) = await server.TryCommandAsync("", "serve");
        Assert.Equal(1, status);
        Assert.StartsWith("posthorn: ", OneLine(said), StringComparison.Ordinal);
        Assert.Contains("in use", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ \"hostName\": ", "is not JSON")]
    [InlineData("{ \"hostname\": \"x.test\", \"limits\": { \"maxRecipient\": 5 } }", "Unknown key \"limits.maxRecipient\". Known here: maxMessageBytes, maxRecipients")]
    [InlineData("{ \"limits\": { \"maxRecipients\": \"many\" } }", "\"limits.maxRecipients\" is \"many\"; it must be a whole number")]
    [InlineData("{ \"limits\": { \"maxRecipients\": 5 } }", "100 or more")]
    [InlineData("{ \"tls\": { \"certificate\": \"a.pem\" } }", "both certificate and key, or neither")]
    public async Task A_wrong_configuration_names_key_value_and_what_is_allowed(string configuration, string says)
    {
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        await File.WriteAllTextAsync(server.Configuration, configuration, Cancel);
        (int status, string said) = await server.TryCommandAsync("", "serve");
        Assert.Equal(1, status);
        Assert.Contains(says, OneLine(said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_store_is_refused_and_left_as_it_is()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "There is no file.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string store = Directory.GetFiles(Path.Combine(server.Folder, "data"), "*.db").Single();
        foreach (string file in Directory.GetFiles(Path.Combine(server.Folder, "data"), "*.db-*"))
        {
            File.Delete(file);
        }

        await File.WriteAllTextAsync(store, string.Concat(Enumerable.Repeat("This is a letter, and no database. ", 400)), Cancel);
        byte[] before = await File.ReadAllBytesAsync(store, Cancel);
        (int status, string said) = await server.TryCommandAsync("", "serve");
        Assert.Equal(1, status);
        Assert.StartsWith("posthorn: ", OneLine(said), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(store, Cancel));
    }

    [Fact]
    public async Task A_stop_by_signal_says_goodbye_to_every_session_and_ends_well()
    {
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        await server.StartAsync();
        using TcpClient smtp = new(), imap = new();
        await smtp.ConnectAsync("127.0.0.1", server.Ports["smtp"], Cancel);
        await imap.ConnectAsync("127.0.0.1", server.Ports["imap"], Cancel);
        using StreamReader ofSmtp = new(smtp.GetStream(), Encoding.Latin1), ofImap = new(imap.GetStream(), Encoding.Latin1);
        Assert.StartsWith("220 ", await ofSmtp.ReadLineAsync(Cancel), StringComparison.Ordinal);
        Assert.StartsWith("* OK ", await ofImap.ReadLineAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(0, await server.StopAsync());
        Assert.StartsWith("421 4.3.2 ", await ofSmtp.ReadToEndAsync(Cancel), StringComparison.Ordinal);
        Assert.StartsWith("* BYE ", await ofImap.ReadToEndAsync(Cancel), StringComparison.Ordinal);
    }

    private static string OneLine(string said) => Assert.Single(said.TrimEnd('\n').Split('\n'));
}
