using System.Text.Json;
using Posthorn.Configuration;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>The keys "store" and "bodies" as the program meets them.</summary>
public sealed class StoreConfigurationTests
{
    [Theory]
    [InlineData("Host=/nowhere;Username=u;Password=hunter2;Database=d", "cannot be reached")]
    [InlineData("Hst=db;Password=hunter2", "cannot be read")]
    public async Task A_store_that_cannot_be_opened_is_one_line_without_the_password(string connectionString, string said)
    {
        foreach (string[] command in new string[][] { ["check"], ["account", "list"], ["serve"] })
        {
            await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
            (int code, string answer, string error) = await store.ProgramWithAsync(store.Options with { Store = connectionString }, command);
            Assert.Equal(1, code);
            Assert.Contains(said, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", answer + error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_bucket_that_cannot_be_reached_is_one_line()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        var bodies = new BodiesOptions { Bucket = "mail", Endpoint = "http://127.0.0.1:1", AccessKey = "key", SecretKey = "hunter2" };
        (int code, string answer, string error) = await store.ProgramWithAsync(store.Options with { Bodies = bodies }, "serve");
        Assert.Equal(1, code);
        Assert.Contains("bucket mail at http://127.0.0.1:1 cannot be reached", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", answer + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_work_on_a_store_in_PostgreSQL()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        PosthornOptions options = store.Options with { Store = TestDatabase.Cluster.ConnectionString(TestDatabase.Create()), DataFolder = store.PathOf("elsewhere") };
        Assert.Equal(0, (await store.ProgramWithAsync(options, "domain", "add", "example.org")).ExitCode);
        Assert.Contains("example.org", (await store.ProgramWithAsync(options, "domain", "list")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await store.ProgramWithAsync(options, "check")).ExitCode);
        (int refused, _, string error) = await store.ProgramWithAsync(options, "backup", store.PathOf("backup"));
        Assert.Equal(1, refused);
        Assert.Contains("pg_dump", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        (int unrestored, _, string why) = await store.ProgramWithAsync(options, "restore", store.PathOf("backup"));
        Assert.Equal(1, unrestored);
        Assert.Contains("restored into the embedded store", Assert.Single(why.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_printed_show_no_secret()
    {
        var options = new PosthornOptions { Store = "Host=db;Password=hunter2", Bodies = new BodiesOptions { Bucket = "mail", SecretKey = "hunter2" } };
        Assert.DoesNotContain("hunter2", $"{options} {options.Bodies} {Hosting.StoreHost.CoreOptions(options)} {Hosting.StoreHost.CoreOptions(options).Bodies}", StringComparison.Ordinal);
        Assert.Contains("hunter2", JsonSerializer.Serialize(options), StringComparison.Ordinal);
    }
}
