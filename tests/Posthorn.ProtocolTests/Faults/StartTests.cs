using System.Net.Sockets;
using System.Text;
using Posthorn.Configuration;
using Posthorn.Hosting;
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

    [Fact]
    public async Task A_listener_on_an_address_of_another_machine_is_named() =>
        Assert.Equal(
            "\"listeners.smtp\" cannot be opened on 192.0.2.1, port 2525: Cannot assign requested address. Allowed are addresses of this machine, or * for all.",
            await RefusalAsync(options => options with { Listeners = new ListenerSet { Smtp = new ListenerOptions { Address = "192.0.2.1", Port = 2525 } } }));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("*")]
    public async Task A_listener_on_a_port_that_is_in_use_is_named(string address)
    {
        using var other = new TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        int port = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;
        string said = await RefusalAsync(options => options with { Listeners = new ListenerSet { Imaps = new ListenerOptions { Address = address, Port = port } } });
        Assert.StartsWith($"\"listeners.imaps\" cannot be opened on {address}, port {port}: Address already in use. Stop what uses the port", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_a_certificate_that_are_not_there_are_named() =>
        Assert.Contains("\"tls\" cannot be used: /nowhere/cert.pem cannot be read", await RefusalAsync(
            static options => options with { Tls = new TlsOptions { Certificate = "/nowhere/cert.pem", Key = "/nowhere/key.pem" } }), StringComparison.Ordinal);

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_named() =>
        Assert.StartsWith("\"dataFolder\" /dev/null/posthorn cannot be made: ", await RefusalAsync(static options => options with { DataFolder = "/dev/null/posthorn" }), StringComparison.Ordinal);

    /// <summary>The line with which a server of this configuration does not start.</summary>
    private static async Task<string> RefusalAsync(Func<PosthornOptions, PosthornOptions> change)
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-start-").FullName;
        try
        {
            var options = new PosthornOptions
            {
                DataFolder = folder,
                Store = TestDatabase.For(folder),
                Listeners = new ListenerSet { Smtp = new ListenerOptions { Address = "127.0.0.1" } },
                Telemetry = new TelemetryOptions { LogLevel = "None" },
            };
            string said = (await Assert.ThrowsAsync<ConfigurationException>(async () =>
            {
                await using MailServer server = MailServer.Build(change(options));
                await server.StartAsync(Cancel);
            })).Message;
            return OneLine(said);
        }
        finally
        {
            TestDatabase.Drop(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string OneLine(string said) => Assert.Single(said.TrimEnd('\n').Split('\n'));
}
