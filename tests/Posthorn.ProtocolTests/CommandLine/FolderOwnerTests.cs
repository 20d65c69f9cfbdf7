using System.Diagnostics;
using Posthorn.Administration;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>What root would make in the service's folder, the service could not open.</summary>
public sealed class FolderOwnerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Root_opens_no_store_in_a_folder_of_another_user()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        Assert.Single(await store.RunAsync(AccountOperations.List, new AccountListRequest()));
        if (!Environment.IsPrivilegedProcess)
        {
            // Nobody else can give a folder away, or write where the service could not read.
            Assert.NotEqual(0, await OwnAsync("1", store.Options.DataFolder));
            return;
        }

        Assert.Equal(0, await OwnAsync("1", store.Options.DataFolder));
        string refused = await store.RefusalAsync(AccountOperations.List, new AccountListRequest());
        Assert.StartsWith($"{store.Options.DataFolder} belongs to the user daemon", refused, StringComparison.Ordinal);
        Assert.EndsWith("runuser -u daemon -- posthorn COMMAND --config FILE", refused, StringComparison.Ordinal);
        foreach (string[] command in (string[][])[["restore", store.PathOf("backup")], ["upgrade", "--dry-run"], ["check"]])
        {
            (int code, _, string error) = await store.ProgramAsync(command);
            Assert.Equal((1, $"posthorn: {refused}"), (code, Assert.Single(error.TrimEnd().Split('\n'))));
        }

        // A user without a name.
        Assert.Equal(0, await OwnAsync("54321", store.Options.DataFolder));
        Assert.Contains("setpriv --reuid=54321", await store.RefusalAsync(AccountOperations.List, new AccountListRequest()), StringComparison.Ordinal);
        Assert.Equal(0, await OwnAsync("0", store.Options.DataFolder));
        Assert.Single(await store.RunAsync(AccountOperations.List, new AccountListRequest()));
    }

    private static async Task<int> OwnAsync(string user, string folder)
    {
        using Process process = Process.Start(new ProcessStartInfo("chown", [user, folder]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Cancel);
        return process.ExitCode;
    }
}
